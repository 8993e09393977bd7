/** The Service of the cluster DNS, as kubeadm names it. */
export const DNS_NAMESPACE = "kube-system";
export const DNS_SERVICE = "kube-dns";
