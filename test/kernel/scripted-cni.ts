/** Labs of one node whose network plugins are scripts of the lab file. */

/** The text of a lab file: the plugins `scripts` in their order, and manifests. */
export function scriptedLab(
  name: string,
  scripts: Readonly<Record<string, string>>,
  manifests: readonly object[],
): string {
  const conflist = { cniVersion: "1.0.0", name: "net", plugins: Object.keys(scripts).map((type) => ({ type })) };
  const cluster = { nodes: ["n1"], dns: false, cni: { plugin: "cni", conflist, scripts } };
  return [{ apiVersion: "k8snet-lab/v1", kind: "Lab", metadata: { name }, spec: { cluster } }, ...manifests]
    .map((document) => JSON.stringify(document))
    .join("\n---\n");
}
