/** Transport protocols, in the words of the Kubernetes API. */

export type ServiceProtocol = "TCP" | "UDP" | "SCTP";
