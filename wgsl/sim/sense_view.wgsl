//! import lib/trig.wgsl
// Fields of view: a sector of the plane of x and z, by the directions of its two sides.
const QUARTER = 0x40000000u; // of a turn

struct View {
    first: vec2<i32>,  // side at facing - half_angle, Q16; what is in view is to its left
    last: vec2<i32>,   // side at facing + half_angle turned by half a turn, likewise
    across: vec2<i32>, // facing less a quarter; what is ahead is to its left
    half: u32,
}

/// Unit vector at an angle, Q16, each component within 2^-16.
fn direction(angle: u32) -> vec2<i32> {
    return (vec2<i32>(cos_turn(angle), sin_turn(angle)) + 8192) >> vec2<u32>(14u);
}

fn view_around(facing: u32, half: u32) -> View {
    return View(direction(facing - half), -direction(facing + half), direction(facing - QUARTER), half);
}

/// Whether d is to the left of e or on its line (e x d >= 0), exact for |e| <= 2^16, |d| <= 2^22:
/// both partial sums stay below 2^31, and only the floor of the second can change the sign.
fn is_left(e: vec2<i32>, d: vec2<i32>) -> bool {
    let coarse = e.x * (d.y >> 8u) - e.y * (d.x >> 8u);
    let fine = e.x * (d.y & 255) - e.y * (d.x & 255);
    return coarse + (fine >> 8u) >= 0;
}

/// Whether a difference of places is in the field of view, sides included.
fn in_view(view: View, d: vec2<i32>) -> bool {
    if (view.half >= 2u * QUARTER) { return true; }
    let first = is_left(view.first, d);
    let last = is_left(view.last, d);
    if (view.half > QUARTER) { return first || last; }
    // A narrow sector's sides nearly coincide, and what is straight behind is on both.
    return first && last && (view.half > QUARTER / 2u || is_left(view.across, d));
}
