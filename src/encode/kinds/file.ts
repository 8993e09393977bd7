/** Files of a namespace. The host's files are not touched, so there is no command to type: the agent mounts them for each process. */
import type { FileResource } from "../../plan/resource.ts";
import type { KindEncoder, Shell } from "../kind.ts";
import { commentText } from "../shell-word.ts";

function show(file: FileResource, shell: Shell): readonly string[] {
  const lines = file.content.replace(/\n$/, "").split("\n");
  return [
    `# ${commentText(`processes in ${shell.name(file)} see as ${file.path}:`)}`,
    ...lines.map((line) => `#   ${commentText(line.replaceAll("\t", " "))}`),
  ];
}

export const fileEncoder: KindEncoder<"file"> = {
  create: (file, shell) => show(file, shell),
  update: (file, _before, shell) => show(file, shell),
  remove: (file, shell) => [`# ${commentText(`processes in ${shell.name(file)} see the host's ${file.path} again`)}`],
};
