/** `$(NAME)` in a container's command, args and env, as the kubelet expands it (third_party/forked/golang/expansion). */

/** References to known variables are replaced, unknown ones stay; `$$` is one dollar sign. */
export function expandReferences(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) => {
    if (whole === "$$") return "$";
    return name !== undefined && Object.hasOwn(env, name) ? (env[name] ?? "") : whole;
  });
}
