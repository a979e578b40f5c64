//! Files for natgrad: tables, models, statistics and run folders.
