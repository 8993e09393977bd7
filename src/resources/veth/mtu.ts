/** The MTU that the kernel gives a veth pair. */

/** The kernel's default for a veth; stated explicitly, so that an MTU changed by hand is detected. */
export const VETH_MTU = 1500;
