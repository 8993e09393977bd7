// Replaces, in the bundle, packages that dockerode loads and we never use.
module.exports = {};
