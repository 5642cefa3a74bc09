"""Side by side: the same results in the same order, whatever helpers are free."""

import threading
import time

import pytest

from spatial import side_by_side
from spatial.side_by_side import in_order


@pytest.fixture(params=[0, 1, 3])
def free(request, monkeypatch):
    semaphore = threading.Semaphore(request.param)
    monkeypatch.setattr(side_by_side, "_free", semaphore)
    yield semaphore
    taken = [semaphore.acquire(blocking=False) for _ in range(5)]
    assert sum(taken) == request.param


def slow(number):
    time.sleep(0.002 * (number % 3))
    return number * number


@pytest.mark.usefixtures("free")
def test_results_come_in_the_order_of_the_items():
    assert list(in_order(slow, range(20))) == [n * n for n in range(20)]
    assert list(in_order(slow, [])) == []


@pytest.mark.usefixtures("free")
def test_work_within_work():
    def many(number):
        return sum(in_order(slow, range(number)))

    assert list(in_order(many, range(8))) == [sum(n * n for n in range(number)) for number in range(8)]


@pytest.mark.usefixtures("free")
def test_the_first_error_is_raised_and_helpers_are_free_again():
    def odd(number):
        if number in {5, 7}:
            raise ValueError(number)
        return number

    with pytest.raises(ValueError, match="5"):
        list(in_order(odd, range(20)))
    going = in_order(slow, range(20))
    assert next(going) == 0
    going.close()


def test_a_helper_is_given_back_when_there_is_less_to_do(monkeypatch):
    semaphore = threading.Semaphore(1)
    monkeypatch.setattr(side_by_side, "_free", semaphore)
    freed = []

    def work(number):
        if number == 1:
            freed.append(semaphore.acquire(timeout=5))
            semaphore.release()
        return number

    assert list(in_order(work, range(2))) == [0, 1]
    assert freed == [True]
