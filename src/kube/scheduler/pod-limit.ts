/** How many pods a node takes: the kubelet's --max-pods, which is the node's resource `pods` (plugin NodeResourcesFit). */
export interface PodLimit {
  readonly capacity: number;
  /** Pods that every node has and the lab does not show. */
  readonly used: number;
}
