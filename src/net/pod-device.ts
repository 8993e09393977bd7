/** A word in place of a device's name on a packet's way through a node. */

/** A device of a pod's, whichever it is. */
export const POD = "pod";
