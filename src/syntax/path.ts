/** Paths into a document, as an API server prints them, and the lookup of their positions. */
import type { SourceRef } from "../cause.ts";

export type Path = readonly (string | number)[];

/** The position of a path: of its key (default) or of its value. A missing path gives its nearest parent. */
export type Locate = (path: Path, part?: "key" | "value") => SourceRef;

/** `spec.template.spec.containers[0].ports[0].containerPort`. */
export function formatPath(path: Path): string {
  let text = "";
  for (const element of path) {
    if (typeof element === "number") text += `[${element}]`;
    else if (/^[\w-]+$/.test(element)) text += text === "" ? element : `.${element}`;
    else text += `[${JSON.stringify(element)}]`;
  }
  return text;
}
