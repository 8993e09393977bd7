/** Namespaces that every cluster makes for itself: the switches of its underlay, the router, the internet. */
export const RESERVED_NAMES = /^(underlay\d*|router|internet)$/;
