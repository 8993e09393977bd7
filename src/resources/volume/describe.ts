/** Volumes as text. */
import type { VolumeResource } from "./definition.ts";

export function describeVolume({ files, tmpfs, pod, name }: VolumeResource): string {
  const size = tmpfs?.size === undefined ? "" : ` of ${tmpfs.size} bytes`;
  const empty = tmpfs === undefined ? "empty folder" : `empty tmpfs${size}`;
  const what = files === undefined ? empty : files.map(({ path }) => path).join(", ");
  return `volume ${name}${pod === undefined ? "" : ` of pod ${pod}`}: ${what}`;
}
