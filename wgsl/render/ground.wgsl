//! import render/light.wgsl
// The ground with its grid, and the shadows of static boxes as darker pieces of it.

struct Fragment {
    @builtin(position) clip: vec4<f32>,
    @location(0) cell: vec2<f32>, // from the middle of one
    @location(1) light: f32,
}

const NEARER = 2e-5;   // of the depth: shadows lie on the ground
const THIN = 0.025;    // width of a line, cells
const THICK = 0.045;   // of each tenth
const MAJOR = 10.0;
const MIDDLE = 0.5 - 0.5 / MAJOR; // cells are told from their middles

@vertex
fn vertex(@location(0) corner: vec4<f32>) -> Fragment {
    var clip = frame.view_projection * vec4(corner.xyz, 1.0);
    clip.z -= select(0.0, NEARER * clip.w, corner.w < 1.0);
    return Fragment(clip, corner.xz * frame.line.w + frame.phase.xy + 0.5, corner.w);
}

// How much of a pixel lines of a width at whole numbers cover: a tent as wide as the pixel or the
// line, whichever is wider. Every operation counts here: software drivers run it for most pixels.
fn covered(away: vec2<f32>, per: vec2<f32>, width: f32) -> vec2<f32> {
    return max(1.0 - away * per, vec2(0.0)) * (width * per);
}

@fragment
fn fragment(in: Fragment) -> @location(0) vec4<f32> {
    let spread = fwidth(in.cell);
    let per = 1.0 / max(spread, vec2(THIN));
    // Cells of a few pixels would flicker, so lines fade before.
    let thin = covered(abs(fract(in.cell) - 0.5), per, THIN) * saturate(1.6 - 4.0 * spread);
    let away = MAJOR * abs(fract(in.cell / MAJOR + MIDDLE) - 0.5);
    let thick = covered(away, min(per, vec2(1.0 / THICK)), THICK) * saturate(1.6 - 0.4 * spread);
    let both = max(0.55 * thin, thick);
    let lines = select(0.0, max(both.x, both.y), frame.line.w > 0.0);
    let color = mix(frame.ground.rgb, frame.line.rgb, lines) * in.light;
    return vec4(haze(color, 1.0 / in.clip.w), 1.0);
}
