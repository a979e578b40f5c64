// Draws the tetrahedron on the canvas and turns it with the pointer or the arrow keys.
(function () {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const canvas = document.getElementById("picture");
  const context = canvas.getContext("2d");
  let [azimuth, elevation] = data.view;
  let zoom = 1, width = 0, height = 0, unit = 1;
  const finite = (p) => p.every((x) => x !== null && Number.isFinite(x));

  function turn(c) {
    const a = azimuth * Math.PI / 180, e = elevation * Math.PI / 180;
    const x = Math.cos(a) * c[0] + Math.sin(a) * c[1], y = Math.cos(a) * c[1] - Math.sin(a) * c[0];
    return [x, Math.cos(e) * c[2] + Math.sin(e) * y, Math.cos(e) * y - Math.sin(e) * c[2]];
  }
  let corners = [];
  const place = (p) => [0, 1, 2].map((i) => p.reduce((sum, x, k) => sum + x * corners[k][i], 0));
  const spot = (c) => [width / 2 + unit * c[0], height / 2 - 0.03 * height - unit * c[1]];

  function behind(i, j) {
    const others = [0, 1, 2, 3].filter((k) => k !== i && k !== j);
    const away = (third, fourth) => {
      const a = corners[i], minus = (k) => corners[k].map((x, n) => x - a[n]);
      const u = minus(j), v = minus(third), w = minus(fourth);
      const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
      return n[2] * -Math.sign(n[0] * w[0] + n[1] * w[1] + n[2] * w[2]) > 0;
    };
    return away(others[0], others[1]) && away(others[1], others[0]);
  }
  function line(points, colour, thick, dashes) {
    context.beginPath();
    points.forEach((p, k) => (k ? context.lineTo(p[0], p[1]) : context.moveTo(p[0], p[1])));
    context.strokeStyle = colour;
    context.lineWidth = thick;
    context.setLineDash(dashes || []);
    context.lineJoin = "round";
    context.stroke();
  }
  function edges(hidden) {
    for (let i = 0; i < 4; i++) for (let j = i + 1; j < 4; j++) {
      if (behind(i, j) !== hidden) continue;
      const ends = [spot(corners[i]), spot(corners[j])];
      if (hidden) line(ends, "#555", 1, [2, 3.5]); else line(ends, "#333", 1.4);
    }
  }
  function surface() {
    const pieces = [], grid = data.surface.map((row) => row.map(place));
    grid.forEach((row, i) => row.forEach((p, j) => {
      if (j + 1 < row.length) pieces.push([p, row[j + 1]]);
      if (i + 1 < grid.length) pieces.push([p, grid[i + 1][j]]);
    }));
    pieces.sort((a, b) => b[0][2] + b[1][2] - a[0][2] - a[1][2]);
    for (const [a, b] of pieces) {
      const grey = Math.round(190 + 34 * Math.max(-1, Math.min(1, (a[2] + b[2]) / 1.8)));
      line([spot(a), spot(b)], `rgb(${grey},${grey},${grey})`, 0.8);
    }
  }
  function marker(p, style) {
    context.setLineDash([]);
    context.beginPath();
    if (style.marker === "disc") context.arc(p[0], p[1], 4.6, 0, 2 * Math.PI);
    else if (style.marker === "square") context.rect(p[0] - 4.2, p[1] - 4.2, 8.4, 8.4);
    else {
      context.moveTo(p[0], p[1] - 5.4);
      context.lineTo(p[0] + 4.9, p[1] + 3.4);
      context.lineTo(p[0] - 4.9, p[1] + 3.4);
      context.closePath();
    }
    context.fillStyle = style.marker === "disc" ? style.colour : "#fff";
    context.fill();
    context.strokeStyle = style.marker === "disc" ? "#fff" : style.colour;
    context.lineWidth = style.marker === "disc" ? 1 : 1.5;
    context.stroke();
  }
  function along(points, share) {
    const lengths = points.slice(1).map((p, k) => Math.hypot(p[0] - points[k][0], p[1] - points[k][1]));
    const total = lengths.reduce((a, b) => a + b, 0);
    if (!(total > 0)) return null;
    let left = share * total;
    for (let k = 0; k < lengths.length; k++) {
      if (left <= lengths[k]) {
        const s = lengths[k] > 0 ? left / lengths[k] : 0, a = points[k], b = points[k + 1];
        return [a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1])];
      }
      left -= lengths[k];
    }
    return points[points.length - 1];
  }
  function disc(p) {
    context.beginPath();
    context.arc(p[0], p[1], 6, 0, 2 * Math.PI);
    context.fillStyle = "#000";
    context.fill();
  }
  function cross(p) {
    for (const [colour, thick, r] of [["#fff", 6, 8], ["#000", 2.8, 7]]) {
      line([[p[0] - r, p[1] - r], [p[0] + r, p[1] + r]], colour, thick);
      line([[p[0] - r, p[1] + r], [p[0] + r, p[1] - r]], colour, thick);
    }
  }
  function text(content, x, y, align) {
    context.fillStyle = "#000";
    context.textAlign = align;
    context.fillText(content, x, y);
  }
  function legend() {
    const x = 16;
    let y = 20;
    const row = (name, show) => { show(y); text(name, x + 54, y + 4.5, "left"); y += 22; };
    data.curves.forEach((c, k) => row(c.name, (at) => {
      const style = data.styles[k % data.styles.length];
      line([[x, at], [x + 44, at]], style.colour, style.width, style.dashes);
      marker([x + 22, at], style);
    }));
    if (data.curves.length) row("start", (at) => disc([x + 22, at]));
    if (data.target) row("target", (at) => cross([x + 22, at]));
    if (data.surface.length && data.surfaceName) row(data.surfaceName, (at) => {
      for (let k = 0; k < 4; k++) {
        line([[x + 10, at - 7.5 + 5 * k], [x + 34, at - 7.5 + 5 * k]], "#aaa", 0.8);
        line([[x + 12 + 7 * k, at - 9], [x + 12 + 7 * k, at + 9]], "#aaa", 0.8);
      }
    });
  }
  function draw() {
    const ratio = window.devicePixelRatio || 1;
    width = canvas.clientWidth;
    height = canvas.clientHeight;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = "14px system-ui, sans-serif";
    unit = 0.5 * Math.min(width, height) * zoom;
    corners = data.places.map(turn);
    edges(true);
    surface();
    edges(false);
    const lines = data.curves.map((c) => c.points.filter(finite).map((p) => spot(place(p))));
    lines.forEach((points) => line(points, "#fff", 8));
    lines.forEach((points, k) => {
      const style = data.styles[k % data.styles.length];
      line(points, style.colour, style.width, style.dashes);
    });
    lines.forEach((points, k) => {
      const size = points.slice(1).reduce((sum, p, n) => sum + Math.hypot(p[0] - points[n][0], p[1] - points[n][1]), 0);
      const count = Math.floor(Math.max(1, Math.min(5, size / 48)));
      for (let n = 0; n < count; n++) {
        const at = along(points, (n + 0.25 * (k + 1)) / count);
        if (at) marker(at, data.styles[k % data.styles.length]);
      }
    });
    const first = lines.find((points) => points.length);
    if (first) disc(first[0]);
    if (data.target) cross(spot(place(data.target)));
    data.corners.forEach((name, k) => {
      const p = spot(corners[k]), dx = p[0] - width / 2, dy = p[1] - height / 2;
      const norm = Math.max(1, Math.hypot(dx, dy));
      text(name, p[0] + 10 * dx / norm, p[1] + 20 * dy / norm + 5, "center");
    });
    legend();
  }
  let held = null;
  canvas.addEventListener("pointerdown", (e) => { held = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener("pointerup", () => { held = null; });
  canvas.addEventListener("pointercancel", () => { held = null; });
  canvas.addEventListener("pointermove", (e) => {
    if (!held) return;
    turnBy((held[0] - e.clientX) * 0.5, (e.clientY - held[1]) * 0.5);
    held = [e.clientX, e.clientY];
  });
  canvas.addEventListener("wheel", (e) => {
    e.preventDefault();
    zoom = Math.max(0.3, Math.min(8, zoom * Math.exp(-e.deltaY * 0.001)));
    draw();
  }, { passive: false });
  canvas.addEventListener("keydown", (e) => {
    const by = { ArrowLeft: [5, 0], ArrowRight: [-5, 0], ArrowUp: [0, 5], ArrowDown: [0, -5] }[e.key];
    if (by) { e.preventDefault(); turnBy(by[0], by[1]); }
  });
  document.getElementById("reset").addEventListener("click", () => { [azimuth, elevation] = data.view; zoom = 1; draw(); });
  function turnBy(a, e) {
    azimuth += a;
    elevation = Math.max(-90, Math.min(90, elevation + e));
    draw();
  }
  window.addEventListener("resize", draw);
  draw();
})();
