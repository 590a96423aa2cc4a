// eslint.config.js: few rules, and none about looks.
import hooks from "eslint-plugin-react-hooks";
import globals from "globals";

const RULES = {
  "constructor-super": "error",
  "eqeqeq": ["error", "smart"],
  "no-const-assign": "error",
  "no-console": "error",
  "no-dupe-keys": "error",
  "no-empty": "error",
  "no-fallthrough": "error",
  "no-shadow": "error",
  "no-undef": "error",
  "no-unreachable": "error",
  "no-unused-vars": ["error", { varsIgnorePattern: "^[A-Z]", args: "after-used" }],
  "no-var": "error",
  "prefer-const": "error",
  "max-lines": ["error", { max: 400 }],
  "max-lines-per-function": ["error", { max: 110 }],
  "max-len": ["error", { code: 120, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true }],
};

export default [
  { ignores: ["node_modules/"] },
  {
    files: ["src/**/*.{js,jsx}"],
    languageOptions: { globals: globals.browser, parserOptions: { ecmaFeatures: { jsx: true } } },
    plugins: { "react-hooks": hooks },
    rules: { ...RULES, "react-hooks/rules-of-hooks": "error", "react-hooks/exhaustive-deps": "error" },
  },
  { files: ["*.js", "tools/*.js"], languageOptions: { globals: globals.node }, rules: RULES },
];
