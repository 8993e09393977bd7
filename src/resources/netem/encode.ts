/** netem as tc(8) makes it. */
import type { NetemResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

function replace(netem: NetemResource, shell: Shell): readonly string[] {
  const { dev, delay, jitter, limit } = netem;
  const shares = (["loss", "corrupt", "duplicate", "reorder"] as const).flatMap((word) =>
    netem[word] === 0 ? [] : [word, `${netem[word]}%`],
  );
  const times = delay === 0 && jitter === 0 ? [] : ["delay", `${delay}ms`, `${jitter}ms`];
  return [shell.tc(netem, "qdisc", "replace", "dev", dev, "root", "netem", "limit", limit, ...times, ...shares)];
}

export const netemEncoder: KindEncoder<NetemResource> = {
  create: (netem, shell) => replace(netem, shell),
  update: (netem, _before, shell) => replace(netem, shell),
  remove: (netem, shell) => [shell.tc(netem, "qdisc", "del", "dev", netem.dev, "root")],
};
