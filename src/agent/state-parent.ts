/** The folder of all labs of root. */
export const ROOT_PARENT = "/run/k8snet-lab";
