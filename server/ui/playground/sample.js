// A picture for those who have none at hand, painted here: an evening in the hills.
// It has what formats differ in: a soft gradient, hard edges, and grain.

const width = 1500;
const height = 1000;

// random is the same for everybody, so that the sample is stored once.
function generator(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

// paint fills a canvas.
export function paint(canvas) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const random = generator(7);

  const sky = context.createLinearGradient(0, 0, 0, height * 0.75);
  sky.addColorStop(0, "#17305c");
  sky.addColorStop(0.45, "#b8567a");
  sky.addColorStop(0.8, "#f6a35c");
  sky.addColorStop(1, "#fde3a7");
  context.fillStyle = sky;
  context.fillRect(0, 0, width, height);

  for (let i = 0; i < 90; i++) {
    context.fillStyle = `rgba(255, 255, 255, ${0.15 + random() * 0.5})`;
    context.beginPath();
    context.arc(random() * width, random() * height * 0.3, 0.8 + random() * 1.4, 0, 7);
    context.fill();
  }
  const glow = context.createRadialGradient(1040, 560, 20, 1040, 560, 420);
  glow.addColorStop(0, "rgba(255, 244, 214, 0.95)");
  glow.addColorStop(0.16, "rgba(255, 226, 160, 0.75)");
  glow.addColorStop(1, "rgba(255, 200, 120, 0)");
  context.fillStyle = glow;
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#fff6dc";
  context.beginPath();
  context.arc(1040, 560, 62, 0, 7);
  context.fill();

  const hills = [["#9c5877", 600, 90, 310], ["#6b4470", 680, 80, 230], ["#3d3461", 765, 70, 170], ["#20244a", 850, 55, 130]];
  for (const [color, base, rise, wave] of hills) ridge(context, color, base, rise, wave, random);
  trees(context, random);
  grain(context, random);
}

function ridge(context, color, base, rise, wave, random) {
  const shift = random() * 10;
  context.fillStyle = color;
  context.beginPath();
  context.moveTo(0, height);
  for (let x = 0; x <= width; x += 4) {
    const y = base - rise * (Math.sin(x / wave + shift) + 0.4 * Math.sin(x / (wave / 2.7) + shift * 3));
    context.lineTo(x, y);
  }
  context.lineTo(width, height);
  context.fill();
}

function trees(context, random) {
  context.fillStyle = "#0e1230";
  for (let x = -20; x < width + 20; x += 14 + random() * 26) {
    const tall = 60 + random() * 110;
    const foot = 960 + random() * 60;
    for (let part = 0; part < 3; part++) {
      const top = foot - tall + part * tall * 0.24;
      const half = tall * (0.1 + part * 0.07);
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x + half, top + tall * 0.36);
      context.lineTo(x - half, top + tall * 0.36);
      context.fill();
    }
    context.fillRect(x - 3, foot - tall * 0.2, 6, tall * 0.4);
  }
}

function grain(context, random) {
  const pixels = context.getImageData(0, 0, width, height);
  for (let i = 0; i < pixels.data.length; i += 4) {
    const by = (random() - 0.5) * 9;
    for (let channel = 0; channel < 3; channel++) pixels.data[i + channel] += by;
  }
  context.putImageData(pixels, 0, 0);
}

// sampleFile is the picture as a file.
export async function sampleFile() {
  const canvas = document.createElement("canvas");
  paint(canvas);
  const body = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.93));
  return new File([body], "sample-evening.jpg", { type: "image/jpeg" });
}
