/** `$(NAME)` in a container's command, args and env, as the kubelet expands it (third_party/forked/golang/expansion). */

/** References to known variables are replaced, by the first of `envs` that has them; unknown ones stay; `$$` is one dollar sign. */
export function expandReferences(text: string, ...envs: readonly Readonly<Record<string, string>>[]): string {
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) => {
    if (whole === "$$") return "$";
    const env = name === undefined ? undefined : envs.find((one) => Object.hasOwn(one, name));
    return env === undefined || name === undefined ? whole : (env[name] ?? "");
  });
}
