// eslint.config.js: what is left behind in specs, by the console's ESLint.
export default [
  { ignores: ["**/node_modules/"] },
  {
    files: ["**/*.mjs"],
    rules: {
      "no-const-assign": "error",
      "no-dupe-keys": "error",
      "no-fallthrough": "error",
      "no-unreachable": "error",
      "no-unused-vars": ["error", { args: "after-used", ignoreRestSiblings: true }],
      "no-var": "error",
    },
  },
];
