/** Dummy devices. */
import type { DummyResource } from "./definition.ts";
import type { KindEncoder } from "../encode-kind.ts";
import { addWords, enableLines, setLines } from "../encode-link-settings.ts";

export const dummyEncoder: KindEncoder<DummyResource> = {
  create: (dummy, shell) => [
    shell.ip(dummy, "link", "add", dummy.name, ...addWords(dummy), "type", "dummy"),
    ...enableLines(dummy, shell),
  ],
  update: (dummy, _before, shell) => setLines(dummy, shell),
  remove: (dummy, shell) => [shell.ip(dummy, "link", "del", dummy.name)],
};
