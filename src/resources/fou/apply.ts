/** UDP ports of tunnels, by `ip fou`: generic netlink for so few is not worth its code. */
import type { NetnsHandle } from "../../kernel/netns.ts";
import type { Look, RuntimeApplier } from "../../apply/kind.ts";
import { toolOutput } from "../../apply/run-tool.ts";
import type { LabRuntime } from "../../apply/runtime.ts";
import type { ObservedFou } from "../observed.ts";
import type { FouResource } from "./definition.ts";
import { fouWords } from "./encode.ts";

async function ipFou(verb: "add" | "del", fou: FouResource, runtime: LabRuntime): Promise<void> {
  const family = fou.family === "ipv6" ? ["-6"] : [];
  await toolOutput(runtime.netns(fou.ns), ["ip", ...family, ...fouWords(verb, fou)]);
}

/** `port 5555 gue -6` of `ip fou show`, a line for each. */
async function showFou(netns: NetnsHandle): Promise<readonly ObservedFou[]> {
  const text = await toolOutput(netns, ["ip", "fou", "show"]);
  return text.split("\n").flatMap((line) => {
    const port = /^port (\d+) gue\b/.exec(line.trim())?.[1];
    return port === undefined ? [] : [{ family: / -6\b/.test(line) ? "ipv6" : "ipv4", port: Number(port) }];
  });
}

const LOOK: Look = { what: "fou", read: async (netns) => ({ fou: await showFou(netns) }) };

async function isThere({ ns, family, port }: FouResource, runtime: LabRuntime): Promise<boolean> {
  const handle = runtime.find(ns);
  const there = handle === undefined ? [] : await showFou(handle);
  return there.some((one) => one.family === family && one.port === port);
}

export const fou: RuntimeApplier<"fou"> = {
  async create(resource, runtime) {
    if (!(await isThere(resource, runtime))) await ipFou("add", resource, runtime);
  },
  async update(resource, _before, runtime) {
    await this.create(resource, runtime);
  },
  async remove(resource, runtime) {
    if (await isThere(resource, runtime)) await ipFou("del", resource, runtime);
  },
  look: () => LOOK,
};
