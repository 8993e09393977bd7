/** Transport protocols, by the names of the Kubernetes API. */

export type ServiceProtocol = "TCP" | "UDP" | "SCTP";
