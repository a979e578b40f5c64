//! Parametrisations written as ordinary functions; their Jacobians come from dual numbers.
