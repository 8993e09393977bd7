/** foreign-rule: something else on the node has rules of its own: a firewall, an agent, an older plugin. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { line, target } from "../../syntax/scalar.ts";
import { defineFault } from "../kind.ts";
import { withTable } from "../packet-rules.ts";
import type { FaultPlace } from "../places.ts";

const HOOKS = ["prerouting", "input", "forward", "output", "postrouting"] as const;

interface ForeignRule {
  readonly rule: string;
  readonly hook?: (typeof HOOKS)[number] | undefined;
}

export const foreignRule = defineFault<
  ForeignRule & { readonly at: string },
  ForeignRule & { readonly place: FaultPlace }
>({
  kind: "foreign-rule",
  lesson:
    "A rule of nftables in a table of its own, before those of the lab: what a host firewall or another agent would add.",
  schema: lazy(() =>
    z.strictObject({
      at: target.describe("A node, a pod, any namespace"),
      rule: line.min(1).describe("In the words of nft(8): tcp dport 80 drop"),
      hook: z.enum(HOOKS).optional().describe("Where packets meet it, default forward"),
    }),
  ),
  resolve: ({ at: text, ...rest }, places) => ({ place: places.whole(text), ...rest }),
  describe: ({ place, rule, hook = "forward" }) => `${place.text} has a foreign rule in ${hook}: ${rule}`,
  inject: ({ place, rule, hook = "forward" }, scene) =>
    withTable(place.ns, scene, [
      {
        kind: "chain",
        name: hook,
        hook: `type filter hook ${hook} priority -10`,
        rules: [{ text: rule, cause: scene.cause }],
      },
    ]),
  draw: ({ text, is }) => (is === "node" ? { at: text, rule: "tcp dport 80 drop" } : undefined),
});
