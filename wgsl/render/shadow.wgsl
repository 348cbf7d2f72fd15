//! import render/light.wgsl
// A soft dark ellipse on the ground under an entity, drawn out away from the sun.

@group(1) @binding(0) var<storage, read> instance: array<Instance>;

struct Fragment {
    @builtin(position) clip: vec4<f32>,
    @location(0) disc: vec2<f32>,
    @location(1) strength: f32,
}

const NEARER = 4e-5;   // of the depth
const FADE = 12.0;     // metres above the ground at which nothing is left
const DARK = 0.5;

@vertex
fn vertex(@location(0) corner: vec3<f32>, @location(2) slot: u32) -> Fragment {
    let one = instance[slot];
    let height = one.position.y - frame.ground.w;
    let radius = 0.62 * max(one.size.x, one.size.z);
    let flat_sun = length(frame.sun.xz);
    let away = select(vec2(1.0, 0.0), -frame.sun.xz / flat_sun, flat_sun > 1e-4);
    let stretch = 0.35 * one.size.y * min(flat_sun / max(frame.sun.y, 0.2), 1.5);
    let disc = 2.0 * corner.xz;
    let along = disc.x * (radius + stretch) + 0.8 * stretch;
    let across = disc.y * radius;
    let offset = away * along + vec2(-away.y, away.x) * across;
    let at = vec3(one.position.x + offset.x, frame.ground.w, one.position.z + offset.y);
    var clip = frame.view_projection * vec4(at, 1.0);
    clip.z -= NEARER * clip.w;
    let seen = clear(distance(at, frame.eye.xyz));
    return Fragment(clip, disc, DARK * seen * saturate(1.0 - height / FADE));
}

@fragment
fn fragment(in: Fragment) -> @location(0) vec4<f32> {
    let rim = saturate(1.0 - dot(in.disc, in.disc));
    return vec4(0.0, 0.0, 0.0, in.strength * rim * (2.0 - rim));
}
