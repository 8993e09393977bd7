// Stands in the bundle for packages that dockerode loads and we never use.
module.exports = {};
