/** A Kubernetes namespace of a lab. */

export interface NamespaceModel {
  readonly name: string;
  /** Always includes `kubernetes.io/metadata.name`. */
  readonly labels: Readonly<Record<string, string>>;
}
