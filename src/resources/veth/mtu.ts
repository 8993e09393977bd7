/** The MTU that the kernel gives a veth pair. */

/** What the kernel gives a veth; said outright, so that an MTU changed by hand is found. */
export const VETH_MTU = 1500;
