/** What a container of a well-known image does here besides answering: a controller of Ingresses serves them. */

/** The controllers whose images are known. */
export type ControllerName = "ingress-nginx";

export interface ContainerRole {
  readonly controller: ControllerName;
  /** Its flags, `--ingress-class` → `nginx`; one without a value is `true`. */
  readonly flags: Readonly<Record<string, string>>;
}

/** Repository paths end with these, whatever the registry. */
const IMAGES: Readonly<Record<ControllerName, RegExp>> = {
  "ingress-nginx": /(?:^|\/)ingress-nginx\/controller(?:-chroot)?(?:[:@]|$)/,
};

function flagsOf(words: readonly string[]): Readonly<Record<string, string>> {
  const flags: Record<string, string> = {};
  for (const [i, word] of words.entries()) {
    const [, name, value] = /^--?([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) continue;
    const next = words[i + 1];
    // pflag: the next word is the value, but for switches.
    flags[`--${name}`] = value ?? (next === undefined || next.startsWith("-") ? "true" : next);
  }
  return flags;
}

/** `words`: command and arguments, with variables expanded. Undefined: an ordinary container. */
export function roleOf(image: string | undefined, words: readonly string[]): ContainerRole | undefined {
  const found = Object.entries(IMAGES).find(([, pattern]) => pattern.test(image ?? ""));
  return found === undefined ? undefined : { controller: found[0] as ControllerName, flags: flagsOf(words) };
}
