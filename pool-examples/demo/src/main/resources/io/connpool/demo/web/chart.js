// Small charts of the last minute, as SVG. No state: each call paints a chart anew.

const WIDTH = 320;
const HEIGHT = 72;
const GUTTER = 48; // for the labels at the left
const SVG = "http://www.w3.org/2000/svg";

function add(parent, name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
}

/** Points as a path; a missing value ends a stroke. */
function path(values, x, y) {
  let pen = "M";
  let commands = "";
  values.forEach((value, i) => {
    if (value === null) {
      pen = "M";
    } else {
      commands += `${pen}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = "L";
    }
  });
  return commands;
}

/** The area between two rows of values. */
function area(upper, lower, x, y) {
  const back = lower.map((value, i) => `L${x(i).toFixed(1)} ${y(value).toFixed(1)}`).reverse().join("");
  return upper.length ? path(upper, x, y) + back + "Z" : "";
}

/** The first and the last index of each run of true values. */
function runs(flags) {
  const found = [];
  flags.forEach((is, i) => {
    if (is && flags[i - 1]) found.at(-1)[1] = i;
    else if (is) found.push([i, i]);
  });
  return found;
}

/**
 * Paints a chart.
 *
 * @param figure where; gets its svg on first use
 * @param chart.length how many values fit into a minute
 * @param chart.count how many there are
 * @param chart.scale from a value to 0..1
 * @param chart.marks [value, label] of the horizontal lines
 * @param chart.trouble for each value whether the server was not itself
 * @param chart.areas [class, upper values, lower values]
 * @param chart.lines [class, values]
 */
export function paint(figure, chart) {
  let svg = figure.querySelector("svg");
  if (!svg) {
    svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    figure.append(svg);
  }
  // The drawing has the size of the screen's, so that text and strokes keep their shape.
  const width = svg.clientWidth || WIDTH;
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  svg.replaceChildren();
  const step = (width - GUTTER) / (chart.length - 1);
  const x = (i) => width - (chart.count - 1 - i) * step;
  const y = (value) => HEIGHT - 7 - chart.scale(value) * (HEIGHT - 14);

  for (const [from, to] of runs(chart.trouble)) {
    add(svg, "rect", { class: "trouble", x: x(from - 1), y: 0, width: x(to) - x(from - 1), height: HEIGHT });
  }
  for (const [value, label] of chart.marks) {
    add(svg, "line", { class: "grid", x1: GUTTER, x2: width, y1: y(value), y2: y(value) });
    add(svg, "text", { x: GUTTER - 6, y: y(value) + 4, "text-anchor": "end" }, label);
  }
  for (const [kind, upper, lower] of chart.areas) {
    add(svg, "path", { class: `area ${kind}`, d: area(upper, lower, x, y) });
  }
  for (const [kind, values] of chart.lines) {
    add(svg, "path", { class: `line ${kind}`, d: path(values, x, y) });
  }
}
