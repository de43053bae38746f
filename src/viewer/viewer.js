// The volumes of a quality report, seen from four sides: read from the page itself, shown as radiologists look at them
// (the patient's left on the right of the picture). Nothing is loaded from anywhere.
import { MULTIPLANAR_TYPE, Niivue, NVImage, SHOW_RENDER } from "@niivue/niivue"

const section = document.getElementById("volumes")
const volumes = JSON.parse(document.getElementById("volumes-data").textContent)
const canvas = section.querySelector("canvas")
const problem = section.querySelector(".problem")
let viewer = null
let asked = 0

const lookup = (labels) => {
  const all = [{ value: 0, name: "", colour: [0, 0, 0], alpha: 0 }, ...labels]
  return {
    R: all.map((each) => each.colour[0]),
    G: all.map((each) => each.colour[1]),
    B: all.map((each) => each.colour[2]),
    A: all.map((each) => each.alpha ?? 255),
    I: all.map((each) => each.value),
    labels: all.map((each) => each.name),
  }
}

async function start() {
  viewer = new Niivue({
    isRadiologicalConvention: true,
    sagittalNoseLeft: true,
    isOrientationTextVisible: true,
    multiplanarShowRender: SHOW_RENDER.ALWAYS,
    multiplanarLayout: MULTIPLANAR_TYPE.GRID,
    backColor: [0, 0, 0, 1],
    crosshairColor: [1, 0.9, 0.2, 0.6],
    dragAndDropEnabled: false,
    loadingText: "",
    logLevel: "silent",
  })
  await viewer.attachToCanvas(canvas)
  viewer.setSliceType(viewer.sliceTypeMultiplanar)
}

async function show(index) {
  const turn = ++asked
  canvas.dataset.state = "loading"
  const one = volumes[index]
  if (!viewer) await start()
  while (viewer.volumes.length) viewer.removeVolume(viewer.volumes[viewer.volumes.length - 1])
  const image = await NVImage.loadFromBase64({ base64: one.image, name: "image.nii.gz", cal_min: 0, cal_max: 255 })
  const masks = await NVImage.loadFromBase64({ base64: one.masks, name: "masks.nii.gz", opacity: 0.5 })
  if (turn !== asked) return
  masks.setColormapLabel(lookup(one.labels))
  viewer.addVolume(image)
  viewer.addVolume(masks)
  viewer.scene.crosshairPos = viewer.mm2frac(one.centre)
  viewer.updateGLVolume()
  for (const each of section.querySelectorAll("[data-volume]")) {
    each.setAttribute("aria-pressed", String(each.dataset.volume === String(index)))
  }
  for (const each of section.querySelectorAll("[data-legend]")) each.hidden = each.dataset.legend !== String(index)
  canvas.dataset.state = "ready"
}

const tried = (index) =>
  show(index).catch((error) => {
    canvas.dataset.state = "failed"
    problem.hidden = false
    problem.querySelector("code").textContent = String(error)
  })

for (const each of section.querySelectorAll("[data-volume]")) {
  each.disabled = false
  each.addEventListener("click", () => tried(Number(each.dataset.volume)))
}
if (!document.createElement("canvas").getContext("webgl2")) {
  canvas.dataset.state = "failed"
  problem.hidden = false
} else if (volumes.length) {
  const watch = new IntersectionObserver((seen) => {
    if (seen.some((each) => each.isIntersecting)) {
      watch.disconnect()
      if (!asked) tried(0)
    }
  })
  watch.observe(canvas)
}
globalThis.annoconvViewer = { get niivue() { return viewer } }
