/** Volumes of pods. The agent makes them in the lab's own folder and mounts them for each program: there is no command to type. What files hold may be secret and is not shown. */
import { printable } from "../../printable.ts";
import { describeVolume } from "./describe.ts";
import type { VolumeResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

function show(volume: VolumeResource, shell: Shell): readonly string[] {
  return [`# ${printable(`programs in ${shell.name(volume)} mount ${describeVolume(volume)}`)}`];
}

export const volumeEncoder: KindEncoder<VolumeResource> = {
  create: show,
  update: (volume, _before, shell) => show(volume, shell),
  remove: (volume, shell) => [`# ${printable(`volume ${volume.name} in ${shell.name(volume)} goes`)}`],
};
