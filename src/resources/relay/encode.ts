/** Relays live in the agent; by hand it takes a kernel with netem. */
import { printable } from "../../printable.ts";
import { describeNetem } from "../netem/describe.ts";
import type { RelayResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

function show(relay: RelayResource, shell: Shell): readonly string[] {
  return [`# ${printable(`what ${shell.name(relay)} ${relay.dev} sends has ${describeNetem(relay)}`)}`];
}

export const relayEncoder: KindEncoder<RelayResource> = {
  create: show,
  update: (relay, _before, shell) => show(relay, shell),
  remove: (relay, shell) => [`# ${printable(`what ${shell.name(relay)} ${relay.dev} sends is no longer relayed`)}`],
};
