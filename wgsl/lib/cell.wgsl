// Cells of the neighbour grid. They are powers of two wide. A bounded grid (GRID_WRAP false) clamps
// coordinates into its range; a hashed one wraps them, so that the world has no bounds. Both keep
// neighbours neighbours.

/// Cell of a position along one axis, before clamping or wrapping.
fn grid_raw(v: i32, low: i32, shift: u32) -> i32 {
    return (v >> shift) - (low >> shift); // shifting first keeps the difference within i32
}

fn grid_raw_cell(p: vec3<i32>) -> vec3<i32> {
    return vec3<i32>(
        grid_raw(p.x, GRID_LOW_X, GRID_SHIFT_X),
        grid_raw(p.y, GRID_LOW_Y, GRID_SHIFT_Y),
        grid_raw(p.z, GRID_LOW_Z, GRID_SHIFT_Z),
    );
}

/// Raw coordinates brought into the grid.
fn grid_fit(cell: vec3<i32>) -> vec3<i32> {
    let last = vec3<i32>(GRID_X - 1, GRID_Y - 1, GRID_Z - 1);
    if (GRID_WRAP) { return cell & last; }
    return clamp(cell, vec3<i32>(0), last);
}

/// Place of a fitted cell in grid_start.
fn grid_index(cell: vec3<i32>) -> u32 {
    return u32((cell.z * GRID_Y + cell.y) * GRID_X + cell.x);
}

/// Place of a position's cell in grid_start.
fn grid_cell(p: vec3<i32>) -> u32 {
    return grid_index(grid_fit(grid_raw_cell(p)));
}
