// states.mjs: can each control be read while it is pointed at, pressed and focused?
// axe sees a page at rest only.
//
//   const findings = await faintStates(page);      of the page as it is, or a part of it
//
// The browser's own tools put all controls in a state at once, and the page tells
// the contrast of each text in them with what is behind it, and that of the focus
// ring with what it lies on.

const STATES = { resting: [], hovered: ["hover"], pressed: ["hover", "active"], focused: ["focus", "focus-visible"] };
const CONTROLS = "button, a[href], input, select, textarea, summary, label, [role=tab], [role=option], tr, [tabindex='0']";

// In the page: marks one control of each kind.
function mark([part, controls]) {
  const grounds = new Map(); // the colours behind an element
  const ground = (node) => {
    if (!node) return "";
    if (!grounds.has(node)) grounds.set(node, `${getComputedStyle(node).backgroundColor.replace(/rgba\(0, 0, 0, 0\)/, "")} ${ground(node.parentElement)}`.trim());
    return grounds.get(node);
  };
  const kinds = new Set();
  let count = 0;
  for (const node of [...document.querySelectorAll(part)].flatMap((one) => [...one.querySelectorAll(controls)])) {
    node.removeAttribute("data-probe");
    if (node.closest("[inert]") || !node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (node.control?.disabled || node.matches(":disabled, [aria-disabled=true], [data-disabled]") || node.closest("[aria-disabled=true]")) continue;
    const attributes = [...node.attributes].filter(({ name }) => /^(class|type|style|role|aria-(pressed|selected|checked|current|expanded)|data-(?!probe).*)$/.test(name));
    const kind = [node.localName, node.checked, ...attributes.map(({ name, value }) => `${name}=${value}`), ground(node.parentElement)].join(" ");
    if (kinds.has(kind)) continue;
    kinds.add(kind);
    node.setAttribute("data-probe", count++);
  }
}

// In the page: what is too faint of the marked controls, in the state that they are in.
function measure(state) {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (text) => {
    if (!known.has(text)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = text;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      known.set(text, [r, g, b, a / 255]);
    }
    return known.get(text);
  };
  const over = ([r, g, b, a], [r2, g2, b2]) => [r * a + r2 * (1 - a), g * a + g2 * (1 - a), b * a + b2 * (1 - a), 1];
  const remembered = (make) => {
    const results = new Map();
    return (node) => {
      if (!results.has(node)) results.set(node, make(node));
      return results.get(node);
    };
  };
  const behind = remembered((node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    const page = rgba(getComputedStyle(document.documentElement).colorScheme.startsWith("dark") ? "#121212" : "#ffffff");
    return layers.reduceRight((below, layer) => over(layer, below), page);
  });
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const opacity = remembered((node) => Number(getComputedStyle(node).opacity) * (node.parentElement ? opacity(node.parentElement) : 1));
  const found = [];
  const text = (control, node, words, style = getComputedStyle(node)) => {
    const ground = behind(node);
    const ink = rgba(style.color);
    const ratio = contrast(over([...ink.slice(0, 3), ink[3] * opacity(node)], ground), ground);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(`${state}: ${control.localName} "${words.trim().slice(0, 40)}" ${ratio.toFixed(2)}:1`);
  };
  for (const control of document.querySelectorAll("[data-probe]")) {
    const walker = document.createTreeWalker(control, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { parentElement, textContent } = walker.currentNode;
      if (!textContent.trim() || parentElement.closest("[data-probe]") !== control || parentElement.closest("label")?.control?.disabled || parentElement.closest(":disabled, [aria-disabled=true], option") || !parentElement.checkVisibility({ visibilityProperty: true })) continue;
      const { width, height } = parentElement.getBoundingClientRect();
      if (width > 1 && height > 1) text(control, parentElement, textContent);
    }
    if (control.matches("input:not([type=checkbox], [type=radio], [type=file]), textarea")) {
      if (control.placeholder && !control.value) text(control, control, control.placeholder, getComputedStyle(control, "::placeholder"));
      else text(control, control, control.value);
    }
    if (control.matches("select")) text(control, control, control.selectedOptions[0]?.textContent ?? "");
    if (state === "focused" && control.matches("button, a[href], input, select, textarea, summary, [tabindex='0']")) {
      const lines = (node) => {
        const style = getComputedStyle(node);
        return ["outline", "borderTop"].filter((name) => style[`${name}Style`] !== "none" && parseFloat(style[`${name}Width`]) > 0)
          .map((name) => style[`${name}Color`]);
      };
      const isSeen = (node) => lines(node).some((line) => contrast(over(rgba(line), behind(node.parentElement)), behind(node.parentElement)) >= 3);
      // A field may leave the ring to what is around it, a box that isn't drawn to what stands for it.
      const around = () => {
        control.focus({ focusVisible: true, preventScroll: true });
        return [...document.querySelectorAll(":focus-within")].some((node) => node !== control && lines(node).length > 0 && getComputedStyle(node).outlineStyle !== "none" && isSeen(node));
      };
      if (!isSeen(control) && opacity(control) > 0 && !around())
        found.push(`${state}: ${control.localName} "${(control.ariaLabel ?? control.labels?.[0]?.textContent ?? control.textContent).trim().slice(0, 40)}" has no ring that can be seen`);
    }
  }
  return found;
}

export async function faintStates(page, part = "html") {
  await page.evaluate(mark, [part, CONTROLS]);
  const tools = await page.context().newCDPSession(page);
  try {
    await tools.send("DOM.enable");
    await tools.send("CSS.enable");
    const { root } = await tools.send("DOM.getDocument", { depth: 0 });
    const { nodeIds } = await tools.send("DOM.querySelectorAll", { nodeId: root.nodeId, selector: "[data-probe]" });
    const found = [];
    for (const [state, forcedPseudoClasses] of Object.entries(STATES)) {
      for (const nodeId of nodeIds) await tools.send("CSS.forcePseudoState", { nodeId, forcedPseudoClasses });
      found.push(...await page.evaluate(measure, state));
    }
    return [...new Set(found)];
  } finally {
    await page.evaluate(() => document.querySelectorAll("[data-probe]").forEach((node) => node.removeAttribute("data-probe")));
    await tools.detach();
  }
}
