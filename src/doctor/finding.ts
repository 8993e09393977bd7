/** One result of doctor. */

export interface Finding {
  readonly area: "privileges" | "engine" | "tools" | "kernel" | "neighbours" | "leftovers";
  /** What was checked: `iptables`, `vxlan`, `root`. */
  readonly name: string;
  /** `missing`: labs cannot be built (exit 3). `warn`: some lab, check or command cannot work. */
  readonly status: "ok" | "warn" | "missing";
  readonly text: string;
  /** The command that fixes it, or what to do. */
  readonly fix?: string | undefined;
}
