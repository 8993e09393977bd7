/**
 * How much memory V8 takes for new objects. The launcher lets it grow in one step to 16 MiB, as what a command loads stays. It would
 * go on to 128 MiB while a large lab is loaded and planned, of which nearly everything stays, and hold most of that for nothing until
 * the lab is up. For 2,000 pods on 100 nodes: 249 MiB at most instead of 289 with V8's own steps until it is planned, in the same time.
 */
export function growNoFurther(): void {
  process.getBuiltinModule("node:v8").setFlagsFromString("--semi-space-growth-factor=1");
}
