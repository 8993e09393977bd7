/** Rate limits: a token bucket at the device's root. */
import type { QdiscResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

function replace(qdisc: QdiscResource, shell: Shell): readonly string[] {
  return [
    shell.tc(
      qdisc,
      "qdisc",
      "replace",
      "dev",
      qdisc.dev,
      "root",
      "tbf",
      "rate",
      `${qdisc.rate}bit`,
      "burst",
      qdisc.burst,
      "latency",
      `${qdisc.latency}ms`,
    ),
  ];
}

export const qdiscEncoder: KindEncoder<QdiscResource> = {
  create: (qdisc, shell) => replace(qdisc, shell),
  update: (qdisc, _before, shell) => replace(qdisc, shell),
  remove: (qdisc, shell) => [shell.tc(qdisc, "qdisc", "del", "dev", qdisc.dev, "root")],
};
