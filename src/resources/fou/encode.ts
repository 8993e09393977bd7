/** UDP ports of tunnels: `ip fou`. */
import type { FouResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

/** `add port 5555 gue`. */
export function fouWords(verb: "add" | "del", { port }: FouResource): readonly string[] {
  return ["fou", verb, "port", String(port), ...(verb === "add" ? ["gue"] : [])];
}

function line(verb: "add" | "del", fou: FouResource, shell: Shell): string {
  return shell.ipFamily(fou, fou.family, ...fouWords(verb, fou));
}

export const fouEncoder: KindEncoder<FouResource> = {
  create: (fou, shell) => [line("add", fou, shell)],
  update: (fou, _before, shell) => [line("del", fou, shell), line("add", fou, shell)],
  remove: (fou, shell) => [line("del", fou, shell)],
};
