/** Watches live in the agent; by hand the same look again and again does. */
import { describeLook, describeLooking } from "./describe.ts";
import type { WatchResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";
import { printable } from "../../printable.ts";

function show(watch: WatchResource, shell: Shell): readonly string[] {
  const { subject } = watch;
  const decides = subject.kind === "pod" ? `pod ${subject.name} is ready` : `node ${subject.name} is up`;
  const text = `from ${shell.name(watch)}: ${describeLooking(watch)}; decides whether ${decides}`;
  return [`# ${printable(text)}`];
}

export const watchEncoder: KindEncoder<WatchResource> = {
  create: show,
  update: (watch, _before, shell) => show(watch, shell),
  remove: (watch, shell) => [`# ${printable(`${shell.name(watch)} no longer watches ${describeLook(watch.look)}`)}`],
};
