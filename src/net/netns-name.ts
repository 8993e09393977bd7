/** The name of a lab's network namespace on the host. */

/**
 * The name of the namespace on the host: `LAB.NODE` or `LAB.NODE.NAMESPACE.POD`.
 * Lab, node and Kubernetes namespace names contain no dot, so no two namespaces share a name.
 */
export function netnsName(lab: string, resource: { ns: string; node: string }): string {
  const slash = resource.ns.indexOf("/");
  return slash < 0
    ? `${lab}.${resource.ns}`
    : `${lab}.${resource.node}.${resource.ns.slice(0, slash)}.${resource.ns.slice(slash + 1)}`;
}
