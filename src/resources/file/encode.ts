/** Files of a namespace. The host's files are not touched, so there is no command to type: the agent mounts them for each process. */
import type { FileResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";
import { printable } from "../../printable.ts";

function whoSees(file: FileResource, shell: Shell): string {
  return file.pod === undefined
    ? `processes in ${shell.name(file)} see`
    : `processes of pod ${file.pod} in ${shell.name(file)} see`;
}

function show(file: FileResource, shell: Shell): readonly string[] {
  const lines = file.content.replace(/\n$/, "").split("\n");
  return [
    `# ${printable(`${whoSees(file, shell)} as ${file.path}:`)}`,
    ...lines.map((line) => `#   ${printable(line.replaceAll("\t", " "))}`),
  ];
}

export const fileEncoder: KindEncoder<FileResource> = {
  create: (file, shell) => show(file, shell),
  update: (file, _before, shell) => show(file, shell),
  remove: (file, shell) => [`# ${printable(`${whoSees(file, shell)} the host's ${file.path} again`)}`],
};
