//! import render/frame.wgsl
// Light and haze. Colours are those of the screen: the root of the light multiplies them, which is
// what lighting in linear space and a gamma of 2 come to.

const SUN = vec3<f32>(0.78, 0.73, 0.64);
const ABOVE = vec3<f32>(0.56, 0.60, 0.66);
const BELOW = vec3<f32>(0.36, 0.34, 0.32);

fn shade(color: vec3<f32>, normal: vec3<f32>) -> vec3<f32> {
    let sun = max(dot(normal, frame.sun.xyz), 0.0);
    return color * sqrt(mix(BELOW, ABOVE, 0.5 + 0.5 * normal.y) + sun * SUN);
}

// Sides lose light near the ground, where they see little of the sky.
fn grounded(height: f32, normal: vec3<f32>) -> f32 {
    let lost = 0.28 * saturate(1.0 - 2.0 * height) * saturate(1.0 - normal.y);
    return 1.0 - lost * frame.phase.z;
}

// How much of a colour is left at a distance: an exponential's first terms, which a software driver
// computes in a third of its time.
fn clear(distance: f32) -> f32 {
    let x = distance * frame.horizon.w;
    return 1.0 / (1.0 + x * (1.0 + 0.5 * x));
}

fn haze(color: vec3<f32>, distance: f32) -> vec3<f32> {
    return mix(frame.horizon.rgb, color, clear(distance));
}
