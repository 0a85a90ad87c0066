// wrangler.toml has it uploaded as data.
declare module "*/openapi.json" {
  const content: ArrayBuffer;
  export default content;
}
