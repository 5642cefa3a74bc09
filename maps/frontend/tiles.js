// What the map reads vector tiles with, as one script: `npm run bundle` makes maps/assets/tiles/tiles.js of it.
export { VectorTile } from "@mapbox/vector-tile";
export { PbfReader } from "pbf";
export { PMTiles } from "pmtiles";
