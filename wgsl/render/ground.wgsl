//! import render/light.wgsl
// The ground with its grid, and the shadows of static boxes as darker pieces of it.

struct Fragment {
    @builtin(position) clip: vec4<f32>,
    @location(0) cell: vec2<f32>,
    @location(1) light: f32,
}

const NEARER = 2e-5;   // of the depth: shadows lie on the ground
const THIN = 0.025;    // width of a line, cells
const THICK = 0.045;   // of each tenth
const MAJOR = 10.0;

@vertex
fn vertex(@location(0) corner: vec4<f32>) -> Fragment {
    var clip = frame.view_projection * vec4(corner.xyz, 1.0);
    clip.z -= select(0.0, NEARER * clip.w, corner.w < 1.0);
    return Fragment(clip, corner.xz * frame.line.w + frame.phase.xy, corner.w);
}

// How much of a pixel `spread` cells wide is covered by lines of a width at whole numbers.
fn covered(cell: vec2<f32>, spread: vec2<f32>, width: f32) -> f32 {
    let away = abs(fract(cell - 0.5) - 0.5);
    let share = saturate((0.5 * (width + spread) - away) / spread) * min(vec2(1.0), width / spread);
    // Cells of a few pixels would flicker.
    let kept = share * saturate(1.6 - 4.0 * spread);
    return max(kept.x, kept.y);
}

@fragment
fn fragment(in: Fragment) -> @location(0) vec4<f32> {
    let spread = max(fwidth(in.cell), vec2(1e-5));
    let thin = covered(in.cell, spread, THIN) * 0.55;
    let thick = covered(in.cell / MAJOR, spread / MAJOR, THICK / MAJOR);
    let lines = select(0.0, max(thin, thick), frame.line.w > 0.0);
    let color = mix(frame.ground.rgb, frame.line.rgb, lines) * in.light;
    return vec4(haze(color, 1.0 / in.clip.w), 1.0);
}
