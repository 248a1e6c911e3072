// Loaded into CDKTF's Node before anything else: the provider package's main file loads all of its 2,135 modules, which
// takes most of a synthesis. The package brings a second one that loads a module when it is first used, and exports the
// same names. Where a package has no such file Node says so.
"use strict";

const Module = require("node:module");

const WHOLE = /([\\/]@cdktf[\\/]provider-aws[\\/]lib[\\/])index\.js$/;
const resolve = Module._resolveFilename;

Module._resolveFilename = function (...given) {
  return resolve.apply(this, given).replace(WHOLE, "$1lazy-index.js");
};
