// Draws <table data-chart="bars"> as horizontal bars: one category a row, one series a column.
// The table stays on the page, folded: it is what readers without sight, script or colour use.

/* global echarts */

const css = getComputedStyle(document.documentElement);
const token = (name) => css.getPropertyValue(name).trim();
const DECALS = [
  null,
  { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: Math.PI / 4 },
];

function read(table) {
  const heads = [...table.tHead.rows[0].cells].slice(1);
  const rows = [...table.tBodies[0].rows];
  return {
    categories: rows.map((row) => row.cells[0].textContent.trim()),
    links: rows.map((row) => row.cells[0].querySelector("a")?.href),
    series: heads.map((head, index) => ({
      name: head.textContent.trim(),
      colour: token(head.dataset.colour),
      values: rows.map((row) => Number(row.cells[index + 1].dataset.value)),
    })),
  };
}

function optionOf({ categories, series }) {
  const words = { color: token("--mm-ink-2"), fontFamily: token("--mm-font-sans"), fontSize: 12 };
  return {
    animation: false,
    aria: { enabled: true },
    textStyle: words,
    legend: { top: 0, right: 0, textStyle: words, itemWidth: 14, itemHeight: 10 },
    grid: { left: 4, right: 28, top: 28, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis",
      confine: true,
      axisPointer: { type: "shadow" },
      backgroundColor: token("--mm-surface"),
      borderColor: token("--mm-line"),
      textStyle: { ...words, color: token("--mm-ink") },
    },
    xAxis: {
      type: "value",
      minInterval: 1,
      axisLabel: words,
      splitLine: { lineStyle: { color: token("--mm-chart-grid") } },
    },
    yAxis: {
      type: "category",
      inverse: true,
      data: categories,
      triggerEvent: true,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: token("--mm-line-strong") } },
      axisLabel: { ...words, width: 150, lineHeight: 15, overflow: "break" },
    },
    series: series.map(({ name, colour, values }, index) => ({
      name,
      type: "bar",
      data: values,
      barMaxWidth: 10,
      barGap: "20%",
      itemStyle: { color: colour, decal: DECALS[index % DECALS.length] },
      label: { show: true, position: "right", ...words },
    })),
  };
}

function draw(table) {
  const data = read(table);
  const box = document.createElement("div");
  box.className = "mm-chart";
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", table.caption.textContent.trim());
  table.closest("details").before(box);
  const each = 14 + 13 * data.series.length;
  const chart = echarts.init(box, null, { height: 40 + each * data.categories.length });
  chart.setOption(optionOf(data));
  chart.on("click", (event) => {
    const place = event.componentType === "yAxis" ? data.categories.indexOf(event.value) : event.dataIndex;
    if (data.links[place]) window.location.assign(data.links[place]);
  });
  new ResizeObserver(() => chart.resize()).observe(box);
}

for (const table of document.querySelectorAll('table[data-chart="bars"]')) draw(table);
