# llhttp as a library (libllhttp-dev), or as the C sources that Debian 12's
# node-llhttp ships.  Gives llhttp::llhttp to include from; the sources become
# PYRITE_LLHTTP_OBJECTS, to be put into the archive of libpyrite.
set(PYRITE_LLHTTP_OBJECTS "")
pkg_check_modules(LLHTTP IMPORTED_TARGET QUIET libllhttp)
if(LLHTTP_FOUND)
  add_library(llhttp::llhttp ALIAS PkgConfig::LLHTTP)
  list(APPEND PYRITE_LIBRARIES PkgConfig::LLHTTP)
  list(APPEND PYRITE_PKGCONFIG_PRIVATE libllhttp)
  set(llhttp_FOUND TRUE)
  return()
endif()

find_path(LLHTTP_INCLUDE llhttp.h PATHS /usr/share/include/llhttp PATH_SUFFIXES llhttp)
find_path(LLHTTP_SOURCE llhttp.c PATHS /usr/share/llhttp)
if(NOT LLHTTP_INCLUDE OR NOT LLHTTP_SOURCE)
  message(FATAL_ERROR "llhttp is missing: apt-get install libllhttp-dev, or node-llhttp on Debian 12")
endif()
add_library(pyrite_llhttp OBJECT
  ${LLHTTP_SOURCE}/llhttp.c ${LLHTTP_SOURCE}/http.c ${LLHTTP_SOURCE}/api.c)
target_include_directories(pyrite_llhttp PRIVATE ${LLHTTP_INCLUDE})
# Without it, version 8 lets pass what should end a line or a chunk; later ones are strict by default.
target_compile_definitions(pyrite_llhttp PRIVATE LLHTTP_STRICT_MODE=1)
target_compile_options(pyrite_llhttp PRIVATE -w -O2 -fno-omit-frame-pointer)
set(PYRITE_LLHTTP_OBJECTS $<TARGET_OBJECTS:pyrite_llhttp>)

add_library(llhttp::llhttp INTERFACE IMPORTED)
target_include_directories(llhttp::llhttp SYSTEM INTERFACE ${LLHTTP_INCLUDE})
set(llhttp_FOUND TRUE)
