/** Watches as text. */
import { joinHostPort } from "../../net/host-port.ts";
import type { WatchResource } from "./definition.ts";

export function describeWatch(watch: WatchResource): string {
  return `${watch.look.kind === "link" ? "watch" : `${watch.name}:`} ${describeLooking(watch)}`;
}

/** `tcp 10.244.1.2:80 every 10 s`, with what must succeed before. */
export function describeLooking({ look, period, startup }: Pick<WatchResource, "look" | "period" | "startup">): string {
  const after = startup === undefined ? "" : `, after startupProbe ${describeLooking(startup)}`;
  return `${describeLook(look)} every ${period / 1000} s${after}`;
}

/** `["startupProbe", "tcp 10.244.1.2:80"]`, `["readinessProbe", …]`: what pods wait for, as far as they have such. */
export function describeProbes(
  watches: readonly Pick<WatchResource, "look" | "startup" | "once">[],
): readonly (readonly [name: string, looks: string])[] {
  const startup = watches.flatMap(({ startup: first, once, look }) => first?.look ?? (once === true ? look : []));
  const readiness = watches.flatMap(({ once, look }) => (once === true ? [] : look));
  return Object.entries({ startupProbe: startup, readinessProbe: readiness }).flatMap(([name, looks]) =>
    looks.length === 0 ? [] : [[name, looks.map(describeLook).join("; ")] as const],
  );
}

/** What a watch looks at: `http://10.244.1.2:80/healthz`, `tcp 10.244.1.2:80`, `grpc health of 10.244.1.2:80`, a command, `link eth0`. */
export function describeLook(look: WatchResource["look"]): string {
  switch (look.kind) {
    case "http":
      return `http${look.tls === true ? "s" : ""}://${joinHostPort(look.host, look.port)}${look.path}`;
    case "tcp":
      return `tcp ${joinHostPort(look.host, look.port)}`;
    case "grpc":
      return `grpc health of ${joinHostPort(look.host, look.port)}${look.service === "" ? "" : ` ${look.service}`}`;
    case "exec":
      return look.argv.join(" ");
    case "link":
      return `link ${look.dev}`;
  }
}
