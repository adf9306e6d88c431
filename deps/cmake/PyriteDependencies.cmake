# Finds every library, and names the Debian package of one that is missing.
find_package(PkgConfig)
if(NOT PKG_CONFIG_FOUND)
  message(FATAL_ERROR "pkg-config is missing: apt-get install pkg-config")
endif()
set(PYRITE_LIBRARIES "")         # what libpyrite links beside libuv and llhttp
set(PYRITE_PKGCONFIG_PRIVATE "") # the same, as pkg-config calls them
set(PYRITE_LIBS_PRIVATE "")      # those that it does not know

function(pyrite_find name module debian)
  pkg_check_modules(${name} IMPORTED_TARGET QUIET ${module})
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "${module} is missing: apt-get install ${debian}")
  endif()
endfunction()

macro(pyrite_find_private name module debian)
  pyrite_find(${name} ${module} ${debian})
  list(APPEND PYRITE_LIBRARIES PkgConfig::${name})
  # A .pc file wants spaces around a version, pkg_check_modules none.
  string(REPLACE ">=" " >= " ${name}_REQUIRED "${module}")
  list(APPEND PYRITE_PKGCONFIG_PRIVATE "${${name}_REQUIRED}")
endmacro()

pyrite_find(UV "libuv>=1.44" libuv1-dev)
pyrite_find(SECCOMP libseccomp libseccomp-dev) # the program's, not the library's
pyrite_find_private(ZLIB zlib zlib1g-dev)
pyrite_find_private(PROTOBUFC libprotobuf-c libprotobuf-c-dev)
pyrite_find_private(YAML yaml-0.1 libyaml-dev)
pyrite_find_private(CARES libcares libc-ares-dev)
# Scripts by \p{sc:...} came with 10.40.
pyrite_find_private(PCRE2 "libpcre2-8>=10.40" libpcre2-dev)
pyrite_find_private(JANSSON jansson libjansson-dev)
pyrite_find_private(CRYPT libcrypt libcrypt-dev)
pyrite_find_private(EXPAT expat libexpat1-dev)

find_package(MbedTLS REQUIRED)
list(APPEND PYRITE_LIBRARIES mbedtls::mbedtls)
if(MBEDTLS_PC_FOUND)
  list(APPEND PYRITE_PKGCONFIG_PRIVATE mbedtls mbedx509 mbedcrypto)
else()
  string(APPEND PYRITE_LIBS_PRIVATE " -lmbedtls -lmbedx509 -lmbedcrypto")
endif()

find_package(llhttp REQUIRED)
